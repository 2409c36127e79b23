import { TAL_NAMESPACE } from './elements.ts'
import { keepEntities } from './entities.ts'
import { attributeText, type Tag } from './read-tag.ts'

/** `tal:x` to `x`, for any prefix of the TAL namespace; null for other names. */
export function talName(name: string, prefixes: ReadonlySet<string>): string | null {
  const colon = name.indexOf(':')
  return prefixes.has(name.slice(0, Math.max(colon, 0))) ? name.slice(colon + 1) : null
}

/** The prefixes of the TAL namespace inside an element: those outside, changed by its `xmlns` attributes. */
export function bindPrefixes(tag: Tag, outer: ReadonlySet<string>): ReadonlySet<string> {
  let prefixes: Set<string> | null = null
  for (const attribute of tag.attributes) {
    if (attribute.name !== 'xmlns' && !attribute.name.startsWith('xmlns:')) continue
    prefixes ??= new Set(outer)
    const prefix = attribute.name.slice(6)
    if (attributeText(attribute).trim() === TAL_NAMESPACE) prefixes.add(prefix)
    else prefixes.delete(prefix)
  }
  return prefixes ?? outer
}

/** The attributes that reach the page: neither TAL nor its declaration. */
export function plainAttributes(tag: Tag, prefixes: ReadonlySet<string>): { name: string; html: string }[] {
  return tag.attributes
    .filter(({ name, markup }) => {
      if (name === 'xmlns' || name.startsWith('xmlns:')) return markup.trim() !== TAL_NAMESPACE
      return !name.includes(':') || talName(name, prefixes) === null
    })
    .map(({ name, markup }) => ({ name, html: keepEntities(markup).replaceAll('"', '&quot;') }))
}

/** The tag as the page gets it. */
export function startTag(tag: Tag, prefixes: ReadonlySet<string>): string {
  const attributes = plainAttributes(tag, prefixes).map(({ name, html }) => ` ${name}="${html}"`)
  return `<${tag.name}${attributes.join('')}>`
}
