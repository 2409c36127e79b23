import { describe, expect, it } from '@jest/globals'
import { renderTal } from './index.ts'

const render = (source: string, data: unknown = {}) => renderTal(source, data, { name: 'page.tal' })

describe('ZIMKI-API 5: TAL gives HTML', () => {
  it('leaves void tags unclosed and closes all others', () => {
    expect(
      render('<div><br/><hr></hr><img src="a.png" /><p/><td tal:content="x"/><INPUT type="text"/></div>'),
    ).toBe('<div><br><hr><img src="a.png"><p></p><td></td><INPUT type="text"></div>')
  })

  it('keeps the doctype and comments, drops the XML declaration and its own namespace', () => {
    const doctype =
      '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">'
    const source =
      `<?xml version="1.0" encoding="utf-8"?>\n${doctype}\n<!-- <b tal:content="x"/> -->` +
      '<html xmlns="http://www.w3.org/1999/xhtml" xmlns:tal="http://xml.zope.org/namespaces/tal"><body/></html>'
    expect(render(source)).toBe(
      `${doctype}\n<!-- <b tal:content="x"/> --><html xmlns="http://www.w3.org/1999/xhtml"><body></body></html>`,
    )
  })

  it('keeps entities as they are written, and reads them in expressions', () => {
    expect(render('<p title="&eacute;&quot;">&nbsp;&copy;&#169;&amp;&lt;</p>')).toBe(
      '<p title="&eacute;&quot;">&nbsp;&copy;&#169;&amp;&lt;</p>',
    )
    expect(render('<p tal:content="string:&copy;&#x20AC;&lt;&unknown;&quot;&#0;"/>')).toBe(
      '<p>©€&lt;&amp;unknown;"\ufffd</p>',
    )
  })

  it('mends an & that begins no entity', () => {
    expect(render('<a href="?a=1&b=2&copy=3">Q & A &; &#x;</a>')).toBe(
      '<a href="?a=1&amp;b=2&amp;copy=3">Q &amp; A &amp;; &amp;#x;</a>',
    )
  })

  it('takes CDATA as text', () => {
    expect(render('<p><![CDATA[<b> & ]]></p>')).toBe('<p>&lt;b&gt; &amp; </p>')
  })

  it('leaves scripts and styles as a browser must see them', () => {
    expect(
      render(
        '<script type="text/javascript">\n//<![CDATA[\nif (a < b && c > d) { x("&amp;") }\n//]]>\n</script>',
      ),
    ).toBe('<script type="text/javascript">\n//\nif (a < b && c > d) { x("&amp;") }\n//\n</script>')
    expect(render('<script>if (a &lt; b &amp;&amp; "<i>" <c) {}</script>')).toBe(
      '<script>if (a < b && "<i>" <c) {}</script>',
    )
    expect(render('<style><!-- p > b { } --></style>')).toBe('<style><!-- p > b { } --></style>')
    expect(render('<script src="a.js"/>')).toBe('<script src="a.js"></script>')
  })

  it('finds TAL in scripts, where nothing is escaped as in text', () => {
    expect(
      render('<script>var n = <tal:block replace="n"/>, s = "<span tal:replace="s"/>";</script>', {
        n: 5,
        s: 'a & b',
      }),
    ).toBe('<script>var n = 5, s = "a & b";</script>')
  })

  it('takes single quotes, line ends in tags, and names with dots and colons', () => {
    expect(render("<p\n class='a\"b'\n xml:lang = 'en'\n>x</p\n>")).toBe(
      '<p class="a&quot;b" xml:lang="en">x</p>',
    )
  })

  it('takes a fragment with text and several elements at the top', () => {
    expect(render('Hello <b tal:content="n"/> and <i>all</i>', { n: 1 })).toBe(
      'Hello <b>1</b> and <i>all</i>',
    )
    expect(render('')).toBe('')
  })

  it('keeps text of all scripts, and a byte order mark away', () => {
    expect(render('\ufeff<p tal:attributes="title t">żółw 漢字 😀</p>', { t: '漢' })).toBe(
      '<p title="漢">żółw 漢字 😀</p>',
    )
  })

  it.each([
    ['<p><b></p></b>', 1, '</p> stands where </b> must come first'],
    ['<p>\n', 1, '<p> is not closed'],
    ['a\n</p>', 2, '</p> closes nothing'],
    ['<p>\n<br>\n</p>', 2, 'write <br/>'],
    ['\n\n<br>x</br>', 3, 'write <br/>'],
    ['<p>\n<!-- x', 2, 'comment is not closed'],
    ['<p>\n<![CDATA[ x', 2, 'CDATA section is not closed'],
    ['<p class=x/>', 1, 'must stand in quotes'],
    ['<input\n checked/>', 2, 'write checked="checked"'],
    ['<p class="a" class="b"/>', 1, 'stands twice'],
    ['<a href="x>y\n<b title="z"/>', 1, 'has a <'],
    ['<p a="1"b="2"/>', 1, 'a space is missing'],
    ['a < b', 1, 'write &lt;'],
    ['<p', 1, 'is not closed'],
    ['<!ELEMENT x>', 1, 'comment or a DOCTYPE'],
    ['<p\n tal:on-error="x"/>', 2, 'there is no tal:on-error'],
    ['<p\n tal:repeat="x"/>', 2, 'name expression'],
    ['<p tal:attributes="a&lt;b x"/>', 1, 'name of an attribute'],
    ['<br tal:content="x"/>', 1, 'cannot have content'],
    ['<p></p x>', 1, 'is not closed'],
  ])('refuses %j in line %d', (source, line, message) => {
    expect(() => render(source)).toThrow(message)
    expect(() => render(source)).toThrow(`template "page.tal", line ${line}: `)
  })
})
