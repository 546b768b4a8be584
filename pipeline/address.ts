/** Addresses of servers that others keep: how they are given, shown and missed. */

/** An address as it may be shown: without user, password and what is asked. */
export function shown({ protocol, host, pathname }: URL): string {
  return `${protocol}//${host}${pathname.replace(/\/$/, '')}`
}

/** The address that an option gives. @throws naming the option, never what it held, unless it is one */
export function addressOf(option: string, text: string, protocols: readonly string[]): URL {
  const address = URL.canParse(text) ? new URL(text) : undefined
  if (!address || !protocols.includes(address.protocol) || !address.host) {
    const kinds = protocols.map((protocol) => `${protocol}//HOST`).join(' or ')
    const found = address ? ` not ${address.protocol}` : ''
    throw new Error(`${option} has to be an address such as ${kinds}${found && `,${found}`}.`)
  }
  return address
}

/** Says once that something does not answer, however often it is found out, and once that it does again. */
export function availability(what: string, say: (line: string) => void) {
  let away = false
  return {
    missed(reason: string): void {
      if (!away) say(`${what} does not answer (${reason}); waiting for it`)
      away = true
    },
    answered(): void {
      if (away) say(`${what} answers again`)
      away = false
    },
  }
}
