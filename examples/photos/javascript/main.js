// A photo service. The pictures are files of the realm, published as they are; what is known about them are objects.

var MAX_BYTES = 8 * 1024 * 1024
var PER_PAGE = 24

/**
 * What a picture begins with, by kind. Neither the name nor the type that a browser sends is believed: a "photo" that is in truth a web page
 * would run its scripts at this very address.
 */
var KINDS = [
  { mimetype: 'image/jpeg', extension: 'jpg', begins: /^\xff\xd8\xff/ },
  { mimetype: 'image/png', extension: 'png', begins: /^\x89PNG\r\n\x1a\n/ },
  { mimetype: 'image/gif', extension: 'gif', begins: /^GIF8[79]a/ },
  { mimetype: 'image/webp', extension: 'webp', begins: /^RIFF[\s\S]{4}WEBP/ },
]

function kindOf(content) {
  for (var i = 0; i < KINDS.length; i++) if (KINDS[i].begins.test(content)) return KINDS[i]
  return null
}

/** Stores an upload; answers a Photo, or a string that says what is wrong with it. */
function addPhoto(upload, title) {
  if (!upload || !upload.size) return 'Choose a picture first.'
  if (upload.size > MAX_BYTES) return 'A picture may have 8 MB.'
  var kind = kindOf(upload.content)
  if (!kind) return 'This is no JPEG, PNG, GIF or WebP picture.'
  var path = 'pictures/' + zimki.uuid() + '.' + kind.extension
  zimki.file.create({ path: path, content: upload.content, mimetype: kind.mimetype }).publish(path)
  var name = String(title || upload.filename || '').slice(0, 100)
  return Photo.create({
    title: name || 'Without a title',
    path: path,
    size: upload.size,
    at: new Date().toISOString(),
  })
}

function removePhoto(id) {
  var photo = Photo.get(String(id))
  if (!photo) return false
  var file = zimki.file.get(photo.path)
  if (file) file.deleteInstance()
  photo.deleteInstance()
  return true
}

/** Only this browser's own photos can be deleted by it: their ids are kept in its session. */
function myPhotos() {
  return zimki.session.photos || []
}

function remember(photo) {
  zimki.session.photos = myPhotos().concat(photo.id).slice(-200)
  zimki.session.save()
}

function showAlbum(args, problem) {
  var page = Math.max(1, parseInt(args.page, 10) || 1)
  var photos = Photo.search({}, { order_by: '-at', page: page, per_page: PER_PAGE })
  var mine = {}
  var ids = myPhotos()
  for (var i = 0; i < ids.length; i++) mine[ids[i]] = true
  var content = zimki.render.trimpath('album.html', {
    root: zimki.root,
    photos: photos,
    mine: mine,
    problem: problem || '',
    newer: page > 1 ? page - 1 : 0,
    older: photos.length === PER_PAGE ? page + 1 : 0,
  })
  return { content: content, status: problem ? 400 : 200 }
}

function upload(args) {
  var photo = addPhoto(args.photo, args.title)
  if (typeof photo === 'string') return showAlbum(args, photo)
  remember(photo)
  return zimki.redirect(zimki.root + '/')
}

function showPhoto(args, path, match) {
  var photo = Photo.get(match[1])
  if (!photo) return { content: zimki.render.trimpath('missing.html', { root: zimki.root }), status: 404 }
  return zimki.render.trimpath('photo.html', {
    root: zimki.root,
    photo: photo,
    isMine: myPhotos().indexOf(photo.id) > -1,
  })
}

function remove(args) {
  if (myPhotos().indexOf(String(args.id)) < 0)
    return { content: 'This photo was not put here by you.', status: 403 }
  removePhoto(args.id)
  return zimki.redirect(zimki.root + '/')
}

zimki.publishPath('/', showAlbum)
zimki.publishPath('/upload', upload)
zimki.publishPath('/delete', remove)
zimki.publishPath(/^photo\/([0-9a-f-]{36})$/, showPhoto)
