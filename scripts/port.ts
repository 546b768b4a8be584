import { InvalidArgumentError } from 'commander'

/** The port that an option names. @throws InvalidArgumentError */
export function portNumber(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65535)
    throw new InvalidArgumentError('It has to be a number from 0 to 65535.')
  return Number(text)
}
