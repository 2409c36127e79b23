import { html, raw } from 'hono/html'
import type { Entry } from './entry.ts'
import style from './style.css'

interface PageParts {
  entries: Entry[]
  /** From 1. */
  number: number
  pages: number
  problem?: string | undefined
}

/** The whole page. The `html` tag escapes all that is filled in. */
export function page({ entries, number, pages, problem }: PageParts) {
  return html`<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Guestbook</title>
    <style>${raw(style)}</style>
  </head>
  <body>
    <h1>Guestbook</h1>
    ${problem ? html`<p class="problem">${problem}</p>` : ''}
    <form method="post" action="./">
      <label>Name <input name="name" maxlength="80" required autocomplete="name"></label>
      <label>Message <textarea name="message" maxlength="1000" rows="3" required></textarea></label>
      <button>Sign</button>
    </form>
    ${entries.length === 0 ? html`<p>Be the first to sign.</p>` : entries.map(item)}
    <nav>
      ${number > 1 ? html`<a href="./?page=${number - 1}">Newer</a>` : ''}
      ${number < pages ? html`<a href="./?page=${number + 1}">Older</a>` : ''}
    </nav>
  </body>
</html>`
}

function item({ name, message, at }: Entry) {
  return html`<article>
      <p>${message}</p>
      <footer><strong>${name}</strong> <time datetime="${at}">${at.slice(0, 16).replace('T', ' ')}</time></footer>
    </article>`
}
