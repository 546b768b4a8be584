import { readFileSync } from 'node:fs'
import { readSettings, type SiteSettings } from './settings.ts'

/** The settings of this site; its address, too, where the environment's SITE_URL has one. */
export const settings: SiteSettings = withAddress(readSettings(process.cwd()), process.env.SITE_URL)

/** The version of the project, as package.json has it. */
export const projectVersion: string = JSON.parse(readFileSync('package.json', 'utf8')).version

function withAddress(settings: SiteSettings, address: string | undefined): SiteSettings {
  return address ? { ...settings, address: address.replace(/\/*$/, '/') } : settings
}
