// Pages and their revisions. A page holds its newest text; every text it ever had is a revision, numbered from 1.

var HOME = 'Front page'
var MAX_TEXT = 100000

var STARTERS = {}
STARTERS[HOME] =
  'This is a **wiki**: everyone who has joined can change every page.\n\n' +
  '* [[Help]] shows how text is marked up.\n' +
  '* A link to a page that is not there yet, such as [[Your first page]], is how new pages begin.\n'
STARTERS.Help =
  '= Marking up text =\n' +
  '**bold** is written `**bold**`, //slanted// is written `//slanted//`, and `code` stands between backquotes.\n\n' +
  '* a line with a star is a point of a list\n# a line with a hash is a numbered one\n\n' +
  '`[[Front page]]` links to [[Front page]], `[[Front page|home]]` to [[Front page|home]].\n' +
  '`= Heading =` and `== Smaller ==` are headings, `----` is a rule, and lines that start with two spaces stay as they are:\n\n' +
  '  like   this\n'

/** Something that the visitor can mend; the message is shown. */
function VisitorError(message) {
  this.message = message
}
VisitorError.prototype = new Error()

/** The name as pages have it, or an error for people. */
function checkName(name) {
  var clean = String(name === undefined ? '' : name)
    .replace(/\s+/g, ' ')
    .replace(/^ | $/g, '')
  if (clean === '' || clean.length > 100 || /[\/\\?#\[\]|\u0000-\u001f]/.test(clean)) {
    throw new VisitorError('A page needs a name of up to 100 characters, without / \\ ? # [ ] |')
  }
  return clean
}

function isKnown(name) {
  return STARTERS.hasOwnProperty(name) || Page.get({ name: name }) !== null
}

/** { name, text, number, author, at }; number 0: nobody has written it yet. */
function loadPage(name) {
  var page = Page.get({ name: name })
  if (page) return page
  return {
    name: name,
    text: STARTERS.hasOwnProperty(name) ? STARTERS[name] : '',
    number: 0,
    author: '',
    at: '',
  }
}

/**
 * Stores a new text and its revision. `base` is the revision that the writer started from: when somebody else was quicker, the answer is
 * { conflict: page } and nothing is changed.
 */
function savePage(name, text, base, comment, author) {
  if (text.length > MAX_TEXT) throw new VisitorError('The text is longer than ' + MAX_TEXT + ' characters.')
  var page = Page.get({ name: name })
  var number = page ? page.number : 0
  if (Number(base) !== number) return { conflict: page || loadPage(name) }
  var clean = text.replace(/\r\n?/g, '\n')
  if (page && page.text === clean) return { page: page }
  var change = { number: number + 1, text: clean, author: author, at: new Date().toISOString() }
  Revision.create({
    page: name,
    number: change.number,
    text: clean,
    author: author,
    at: change.at,
    comment: String(comment || '').slice(0, 200),
  })
  if (!page) page = Page.create()
  page.name = name
  page.number = change.number
  page.text = clean
  page.author = author
  page.at = change.at
  // Searched in lower case, so that case does not matter.
  page.words = (name + '\n' + clean).toLowerCase()
  page.save()
  return { page: page }
}

function revisionsOf(name) {
  return Revision.search({ page: name }, { order_by: '-number:numeric' })
}

function loadRevision(name, number) {
  return Revision.get({ page: name, number: Number(number) })
}

function recentChanges() {
  return Revision.search({}, { order_by: '-at', per_page: 50 })
}

function searchPages(words) {
  var wanted = String(words).toLowerCase().replace(/\s+/g, ' ').replace(/^ | $/g, '')
  if (wanted === '') return []
  return Page.search({ words__contains: wanted }, { order_by: 'name', per_page: 100 })
}

/** Part of a text around the first place where the words stand. */
function snippet(text, words) {
  var at = Math.max(0, text.toLowerCase().indexOf(String(words).toLowerCase()) - 60)
  var part = text.slice(at, at + 200).replace(/\s+/g, ' ')
  return (at > 0 ? '... ' : '') + part + (text.length > at + 200 ? ' ...' : '')
}
