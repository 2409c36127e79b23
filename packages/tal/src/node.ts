import type { Expression } from './expression.ts'

/** A compiled template is a row of these; elements without TAL of their own have become markup. */
export type TalNode = { kind: 'markup'; html: string } | TalElement

export interface TalElement {
  kind: 'element'
  name: string
  /** In the order of the source; `html` is ready to stand in double quotes. */
  attributes: { name: string; html: string }[]
  directives: Directives
  children: TalNode[]
  /** No end tag. */
  isVoid: boolean
  /** Of the TAL namespace: it shows no tag of its own. */
  isBlock: boolean
  /** Stands in `<script>` or `<style>`. */
  inRawText: boolean
  /** Its own content is that of `<script>` or `<style>`. */
  holdsRawText: boolean
}

/** An expression and the line it stands on. */
export interface Placed {
  line: number
  evaluate: Expression
}

/** In the order in which they act. */
export interface Directives {
  define: (Placed & { name: string; isGlobal: boolean })[]
  condition: Placed | null
  repeat: (Placed & { name: string }) | null
  replace: (Placed & { isStructure: boolean }) | null
  content: (Placed & { isStructure: boolean }) | null
  attributes: (Placed & { name: string })[]
  omitTag: Placed | null
}
