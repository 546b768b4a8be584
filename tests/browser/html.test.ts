import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { HtmlValidate } from 'html-validate'
import { expect, inject, test } from 'vitest'

const site = inject('site')
const pages = (await readdir(site)).filter((file) => file.endsWith('.html'))

const validator = new HtmlValidate({
  root: true,
  extends: ['html-validate:standard', 'html-validate:a11y'],
  rules: {
    // What scrolls has a name for those who reach it by keyboard; a section of the document it is not.
    'prefer-native-element': ['error', { exclude: ['region'] }],
    // The laboratory answers while its form is filled in; there is nothing to send.
    'wcag/h32': 'off',
  },
})

test.each(pages)('%s is valid HTML', async (file) => {
  const { results } = await validator.validateString(await readFile(join(site, file), 'utf8'), file)
  const found = results.flatMap(({ messages }) =>
    messages.map(({ ruleId, message, line, column }) => `${ruleId}: ${message} (${line}:${column})`),
  )
  expect(found).toEqual([])
})
