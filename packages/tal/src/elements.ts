export const TAL_NAMESPACE = 'http://xml.zope.org/namespaces/tal'

/** Elements that have no end tag in HTML. */
export const VOID_ELEMENTS: ReadonlySet<string> = new Set(
  'area base basefont bgsound br col command embed frame hr img input isindex keygen link meta param source track wbr'.split(
    ' ',
  ),
)

/** Elements whose text is no markup in HTML. */
export const RAW_TEXT_ELEMENTS: ReadonlySet<string> = new Set(['script', 'style'])

/** Attributes that are on by being there. */
export const BOOLEAN_ATTRIBUTES: ReadonlySet<string> = new Set(
  (
    'allowfullscreen async autofocus autoplay checked compact controls declare default defer disabled formnovalidate ' +
    'hidden inert ismap itemscope loop multiple muted nohref nomodule noresize noshade novalidate nowrap open ' +
    'playsinline readonly required reversed selected'
  ).split(' '),
)
