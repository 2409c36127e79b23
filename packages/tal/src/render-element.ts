import { BOOLEAN_ATTRIBUTES } from './elements.ts'
import { escapeAttribute, escapeRawText, escapeText } from './entities.ts'
import type { Placed, TalElement, TalNode } from './node.ts'
import type { RepeatState, Scope } from './scope.ts'
import { asList, asText, DEFAULT, isTrue } from './value.ts'

/** Where a run writes, and what it must not exceed. */
export interface RenderTarget {
  parts: string[]
  /** Characters that may still be written. */
  remaining: number
  /** Line of the expression that runs. */
  line: number
}

export function renderNodes(nodes: readonly TalNode[], scope: Scope, target: RenderTarget): void {
  for (const node of nodes) {
    if (node.kind === 'markup') write(target, node.html)
    else renderElement(node, scope, target)
  }
}

function write(target: RenderTarget, html: string): void {
  target.remaining -= html.length
  if (target.remaining < 0)
    throw new RangeError('the output is too long; a repeat may be writing without an end')
  target.parts.push(html)
}

function evaluate(placed: Placed, scope: Scope, target: RenderTarget): unknown {
  target.line = placed.line
  return placed.evaluate(scope)
}

/** TAL's order: define, condition, repeat, replace, content, attributes, omit-tag. */
function renderElement(element: TalElement, outer: Scope, target: RenderTarget): void {
  const { define, condition, repeat } = element.directives
  const scope = define.length > 0 ? outer.inner() : outer
  for (const definition of define) {
    const value = evaluate(definition, scope, target)
    if (definition.isGlobal) scope.run.globals.set(definition.name, value)
    else scope.setLocal(definition.name, value)
  }
  if (condition) {
    const value = evaluate(condition, scope, target)
    if (value !== DEFAULT && !isTrue(value)) return
  }
  const items = repeat ? evaluate(repeat, scope, target) : DEFAULT
  if (repeat && items !== DEFAULT) renderRepeated(element, repeat.name, asList(items), scope, target)
  else renderOnce(element, scope, target)
}

function renderRepeated(
  element: TalElement,
  name: string,
  list: readonly unknown[],
  scope: Scope,
  target: RenderTarget,
): void {
  for (let index = 0; index < list.length; index++) {
    const turn = scope.inner()
    turn.setRepeat(name, list[index], repeatState(index, list.length))
    renderOnce(element, turn, target)
  }
}

const repeatState = (index: number, length: number): RepeatState => ({
  index,
  number: index + 1,
  even: index % 2 === 0 ? 1 : 0,
  odd: index % 2 === 0 ? 0 : 1,
  start: index === 0 ? 1 : 0,
  end: index === length - 1 ? 1 : 0,
  length,
})

function renderOnce(element: TalElement, scope: Scope, target: RenderTarget): void {
  const { replace, content, omitTag } = element.directives
  const replacement = replace ? evaluate(replace, scope, target) : DEFAULT
  if (replace && replacement !== DEFAULT) {
    writeValue(replacement, replace.isStructure, element.inRawText, target)
    return
  }
  const inner = content ? evaluate(content, scope, target) : DEFAULT
  const attributes = element.isBlock ? '' : renderAttributes(element, scope, target)
  const isBare = element.isBlock || (omitTag !== null && isOmitted(omitTag, scope, target))
  if (!isBare) write(target, `<${element.name}${attributes}>`)
  if (content && inner !== DEFAULT) writeValue(inner, content.isStructure, element.holdsRawText, target)
  else renderNodes(element.children, scope, target)
  if (!isBare && !element.isVoid) write(target, `</${element.name}>`)
}

function isOmitted(omitTag: Placed, scope: Scope, target: RenderTarget): boolean {
  const value = evaluate(omitTag, scope, target)
  return value !== DEFAULT && isTrue(value)
}

function writeValue(value: unknown, isStructure: boolean, isRawText: boolean, target: RenderTarget): void {
  const text = asText(value)
  write(target, isStructure ? text : isRawText ? escapeRawText(text) : escapeText(text))
}

function renderAttributes(element: TalElement, scope: Scope, target: RenderTarget): string {
  const html = new Map(element.attributes.map((attribute) => [attribute.name, attribute.html]))
  for (const attribute of element.directives.attributes) {
    const value = evaluate(attribute, scope, target)
    if (value === DEFAULT) continue
    if (value === null || value === undefined || value === false) html.delete(attribute.name)
    else html.set(attribute.name, attributeHtml(attribute.name, value))
  }
  let text = ''
  for (const [name, value] of html) text += ` ${name}="${value}"`
  return text
}

/** `true` makes `checked="checked"` of a boolean attribute, and the text `true` of any other. */
const attributeHtml = (name: string, value: unknown): string =>
  value === true && BOOLEAN_ATTRIBUTES.has(name.toLowerCase()) ? name : escapeAttribute(asText(value))
