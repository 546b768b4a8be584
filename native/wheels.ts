/** A wheel with TensorFlow's shared libraries, pinned to the byte. */
export interface Wheel {
  /** Its name on PyPI. */
  readonly project: string
  readonly version: string
  /** pip's name of the platform. */
  readonly tag: string
  readonly sha256: string
  readonly bytes: number
  /** Paths in the wheel. */
  readonly libraries: readonly string[]
  /** How a compiler makes an addon that finds the libraries in its own folder. */
  readonly linking: readonly string[]
}

const linux = {
  libraries: ['tensorflow/libtensorflow_cc.so.2', 'tensorflow/libtensorflow_framework.so.2'],
  linking: ['-shared', '-fPIC', '-Wl,-z,now', '-Wl,-rpath,$ORIGIN'],
}
const darwin = {
  libraries: ['tensorflow/libtensorflow_cc.2.dylib', 'tensorflow/libtensorflow_framework.2.dylib'],
  linking: ['-bundle', '-undefined', 'dynamic_lookup', '-Wl,-rpath,@loader_path'],
}

/** By Node's platform and architecture. docs/engines.md says which of them were tried. */
export const wheels: Readonly<Record<string, Wheel>> = {
  'linux x64': {
    project: 'tensorflow-cpu',
    version: '2.15.1',
    tag: 'manylinux2014_x86_64',
    sha256: '54660c074d7241a503e81edfd9f5ef5af88f64051b72e2945f26318c790f2d26',
    bytes: 207_208_420,
    ...linux,
  },
  'linux arm64': {
    project: 'tensorflow',
    version: '2.16.2',
    tag: 'manylinux2014_aarch64',
    sha256: '8728b12bc86941d90d0a927c40d4b21f8820964a80439a7c45f850eb37d57067',
    bytes: 218_904_025,
    ...linux,
  },
  'darwin arm64': {
    project: 'tensorflow',
    version: '2.16.2',
    tag: 'macosx_12_0_arm64',
    sha256: '2c8a0e79395639b762e62002db99b2f6cc608f744312c9940899c1128f325331',
    bytes: 227_025_342,
    ...darwin,
  },
  'darwin x64': {
    project: 'tensorflow',
    version: '2.16.2',
    tag: 'macosx_10_15_x86_64',
    sha256: 'ec06570d57bfa0e2be804405e3cdc2960e94887e7619ffb6bc053e9775b695aa',
    bytes: 259_588_062,
    ...darwin,
  },
}
