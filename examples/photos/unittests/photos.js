var png = '\x89PNG\r\n\x1a\n' + 'not much of a picture'

plan(8)
assertEquals('a PNG is known by its beginning', kindOf(png).mimetype, 'image/png')
assertEquals('a page is no picture', kindOf('<html>GIF89a'), null)
assertEquals('nothing is refused', addPhoto(undefined), 'Choose a picture first.')
assertEquals(
  'a name does not make a picture',
  addPhoto({ filename: 'a.png', mimetype: 'image/png', content: '<script>', size: 8 }),
  'This is no JPEG, PNG, GIF or WebP picture.',
)

var photo = addPhoto({ filename: 'a.exe', mimetype: 'text/html', content: png, size: png.length }, 'Sea')
assertEquals('the type is our own', zimki.file.get(photo.path).mimetype, 'image/png')
assertEquals('the bytes are unchanged', zimki.file.get(photo.path).content, png)
assert('it can be removed', removePhoto(photo.id))
assertEquals('with its file', zimki.file.get(photo.path), null)
