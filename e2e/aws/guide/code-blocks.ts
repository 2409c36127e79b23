export interface CodeBlock {
  language: string
  text: string
}

/** The code blocks of one section of a page, in order. Throws when there is no such section, so that a renamed one is missed. */
export function codeBlocks(page: string, heading: string): CodeBlock[] {
  const [, section] = page.split(new RegExp(`^## ${heading}$`, 'm'))
  if (section === undefined) throw new Error(`the page has no section "${heading}"`)
  const [own = ''] = section.split(/^## /m)
  return [...own.matchAll(/^( *)```(\w+)\n(.*?)^ *```$/gms)].map(
    ([, indent = '', language = '', text = '']) => ({
      language,
      text: text.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    }),
  )
}
