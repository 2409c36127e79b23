function all() {
  return true
}
function none() {
  return false
}

plan(8)
assertEquals('bold and slanted', formatWiki('**a** //b//', all), '<p>\n<strong>a</strong> <em>b</em>\n</p>')
assertEquals('a heading', formatWiki('= One =', all), '<h2>One</h2>')
assertEquals('a list', formatWiki('* a\n* b', all), '<ul>\n<li>a</li>\n<li>b</li>\n</ul>')
assertEquals('as it is', formatWiki('  <b>  x', all), '<pre>\n&lt;b&gt;  x\n</pre>')
assert("no markup of a visitor's own", formatWiki('<script>alert(1)</script>', all).indexOf('<script') < 0)
assert('no way out of a link', formatWiki('[[a" onclick="x]]', all).indexOf('" onclick') < 0)
assert('missing pages are told apart', formatWiki('[[Nowhere]]', none).indexOf('class="missing"') > -1)
assert('code is left alone', formatWiki('`**a** [[b]]`', all).indexOf('<code>**a** [[b]]</code>') > -1)
