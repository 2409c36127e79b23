// Who is here. People join by themselves; "zimki users create NAME --realm wiki" makes one from outside.

function currentUser() {
  return zimki.session.user || null
}

/**
 * A word that only our own forms know. Without it, a link on another site could make a visitor who is logged in here change a page.
 */
function formToken() {
  if (!zimki.session.formToken) {
    zimki.session.formToken = zimki.uuid()
    zimki.session.save()
  }
  return zimki.session.formToken
}

function checkForm(args) {
  if (args.token && args.token === zimki.session.formToken) return
  throw new VisitorError('This form is too old. Go back, reload the page and try again.')
}

/** Undefined when it worked, else why not. */
function join(username, password) {
  var name = String(username || '').replace(/^\s+|\s+$/g, '')
  if (!/^[A-Za-z0-9 _.-]{2,40}$/.test(name))
    return 'A name has 2 to 40 letters, digits, spaces, dots, hyphens or underscores.'
  if (String(password || '').length < 8) return 'A password has at least 8 characters.'
  if (zimki_user.get({ username: name })) return 'Somebody has that name already.'
  zimki_user.create({ username: name, password: password })
  zimki.session.login(name, password)
}

/** Undefined when it worked, else why not. */
function login(username, password) {
  try {
    zimki.session.login(username, password)
  } catch (error) {
    return 'That name and password do not belong together.'
  }
}
