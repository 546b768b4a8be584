/** `npm run preview`: serves a built site, as a static host would. See `npm run preview -- --help`. */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Command } from 'commander'
import { main } from '../pipeline/command.ts'
import { portNumber } from './port.ts'
import { serve } from './serve.ts'

const command = new Command('preview')
  .description('Serves a built site until it is interrupted.')
  .argument('[folder]', 'where `npm run build` has written it', 'dist')
  .option('--port <number>', 'where it listens', portNumber, 4321)
  .option('--host <name>', 'the address of the machine where it listens', '127.0.0.1')
  .showHelpAfterError('`npm run preview -- --help` lists the options.')
  .action(async (folder: string, options: { port: number; host: string }) => {
    const site = resolve(folder)
    if (!existsSync(join(site, 'index.html')))
      throw new Error(`There is no site in ${site}. \`npm run build\` writes one.`)
    const { url } = await serve(site, { ...options, dev: true }).catch((error) => {
      const remedy = error.code === 'EADDRINUSE' ? '; choose another port with --port' : ''
      throw new Error(`It cannot listen on ${options.host}, port ${options.port}: ${error.code}${remedy}.`)
    })
    console.log(`${site} is served at ${url}`)
  })

await main(command)
