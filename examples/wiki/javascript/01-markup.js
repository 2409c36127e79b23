// Wiki text to HTML. Everything is escaped first, so no text of a visitor can bring markup of its own.

function escapeHtml(text) {
  return String(text)
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
    .replace(/'/g, '&#39;')
}

function pageUrl(name) {
  return zimki.root + '/page/' + encodeURIComponent(name)
}

/** [[Page]] and [[Page|words]]: a class tells links to pages that are still to be written. */
function wikiLink(inner, isKnown) {
  var bar = inner.indexOf('|')
  // `inner` is escaped already; the name of the page is needed as it was typed.
  var name = unescapeHtml(bar < 0 ? inner : inner.slice(0, bar)).replace(/^\s+|\s+$/g, '')
  var words = bar < 0 ? inner : inner.slice(bar + 1)
  var style = isKnown(name) ? '' : ' class="missing"'
  return '<a' + style + ' href="' + escapeHtml(pageUrl(name)) + '">' + words + '</a>'
}

function unescapeHtml(text) {
  return text
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&amp;/g, '&')
}

/** Marks within a line. What is code, a link or an address is set aside, so that no other mark is seen inside it. */
function formatInline(line, isKnown) {
  var kept = []
  function keep(html) {
    kept.push(html)
    return '\u0001' + (kept.length - 1) + '\u0001'
  }
  return escapeHtml(line.replace(/\u0001/g, ''))
    .replace(/`([^`]+)`/g, function (_, code) {
      return keep('<code>' + code + '</code>')
    })
    .replace(/\[\[([^\[\]]+)\]\]/g, function (_, inner) {
      return keep(wikiLink(inner, isKnown))
    })
    .replace(/\bhttps?:\/\/[^\s\u0001<]+/g, function (address) {
      return keep('<a rel="nofollow noopener" href="' + address + '">' + address + '</a>')
    })
    .replace(/\*\*([^*]+)\*\*/g, '<strong>$1</strong>')
    .replace(/\/\/([^\/]+)\/\//g, '<em>$1</em>')
    .replace(/\u0001(\d+)\u0001/g, function (_, index) {
      return kept[index]
    })
}

/**
 * = Heading =, == Smaller ==, * list, # numbered list, ---- rule, lines that start with two spaces as they are, and
 * paragraphs. `isKnown(name)` says whether a page exists.
 */
function formatWiki(text, isKnown) {
  var html = []
  var open = ''
  function block(tag) {
    if (open === tag) return
    if (open) html.push('</' + open + '>')
    if (tag) html.push('<' + tag + '>')
    open = tag
  }
  var lines = String(text).replace(/\r\n?/g, '\n').split('\n')
  for (var i = 0; i < lines.length; i++) formatLine(lines[i], html, block, isKnown)
  block('')
  return html.join('\n')
}

function formatLine(line, html, block, isKnown) {
  var heading = /^(={1,3})\s([^=]+)\1\s*$/.exec(line)
  var item = /^([*#])\s+(.*)$/.exec(line)
  if (heading) {
    block('')
    var level = heading[1].length + 1
    html.push(
      '<h' + level + '>' + formatInline(heading[2].replace(/\s+$/, ''), isKnown) + '</h' + level + '>',
    )
  } else if (item) {
    block(item[1] === '*' ? 'ul' : 'ol')
    html.push('<li>' + formatInline(item[2], isKnown) + '</li>')
  } else if (/^ {2}/.test(line)) {
    block('pre')
    html.push(escapeHtml(line.slice(2)))
  } else if (/^-{4,}\s*$/.test(line)) {
    block('')
    html.push('<hr>')
  } else if (/^\s*$/.test(line)) {
    block('')
  } else {
    block('p')
    html.push(formatInline(line, isKnown))
  }
}
