// What the browser sees. Whole pages are TAL; the lists inside them are TrimPath.

function showPage(title, body, extra) {
  var user = currentUser()
  var data = {
    title: title,
    body: body,
    root: zimki.root,
    home: pageUrl(HOME),
    user: user ? user.username : null,
    token: user ? formToken() : '',
    tabs: null,
    words: '',
  }
  for (var name in extra || {}) data[name] = extra[name]
  return zimki.render.tal('layout.html', data)
}

function tabsOf(name, current) {
  var query = '?name=' + encodeURIComponent(name)
  return [
    { label: 'Page', url: pageUrl(name), style: current === 'page' ? 'current' : null },
    { label: 'Edit', url: zimki.root + '/edit' + query, style: current === 'edit' ? 'current' : null },
    {
      label: 'History',
      url: zimki.root + '/history' + query,
      style: current === 'history' ? 'current' : null,
    },
  ]
}

function sorry(message, status) {
  var body = zimki.render.tal('sorry.html', { message: message })
  return { content: showPage('Sorry', body), status: status || 400 }
}

/** What is wrong with what a visitor did becomes a page; every other error stays a failure. */
function forPeople(handler) {
  return function (args, path, match) {
    try {
      return handler(args, path, match)
    } catch (error) {
      if (error instanceof VisitorError) return sorry(error.message)
      throw error
    }
  }
}

/** Only for people who are logged in; others log in first and come back. */
function forMembers(handler) {
  return forPeople(function (args) {
    if (currentUser()) return handler(args)
    var back = args.name === undefined ? '' : '?name=' + encodeURIComponent(args.name)
    return zimki.redirect(zimki.root + '/login' + back)
  })
}

function showWikiPage(args, path, match) {
  var name = checkName(match ? match[1] : HOME)
  var page = loadPage(name)
  var body = zimki.render.tal('page.html', {
    page: page,
    html: formatWiki(page.text, isKnown),
    isEmpty: page.text === '',
    editUrl: zimki.root + '/edit?name=' + encodeURIComponent(name),
  })
  return {
    content: showPage(name, body, { tabs: tabsOf(name, 'page') }),
    status: page.number || page.text ? 200 : 404,
  }
}

function editForm(page, text, conflict) {
  var body = zimki.render.tal('edit.html', {
    page: page,
    text: text,
    conflict: conflict || false,
    root: zimki.root,
    token: formToken(),
    back: pageUrl(page.name),
  })
  return showPage('Edit ' + page.name, body, { tabs: tabsOf(page.name, 'edit') })
}

function edit(args) {
  var page = loadPage(checkName(args.name))
  return editForm(page, page.text)
}

function save(args) {
  checkForm(args)
  var name = checkName(args.name)
  var result = savePage(name, String(args.text || ''), args.base, args.comment, currentUser().username)
  if (result.conflict)
    return { content: editForm(result.conflict, String(args.text || ''), true), status: 409 }
  return zimki.redirect(pageUrl(name))
}

function history(args) {
  var name = checkName(args.name)
  var body = zimki.render.trimpath('history.html', {
    name: name,
    revisions: revisionsOf(name),
    root: zimki.root,
  })
  return showPage('History of ' + name, body, { tabs: tabsOf(name, 'history') })
}

function showRevision(args) {
  var name = checkName(args.name)
  var revision = loadRevision(name, args.number)
  if (!revision) return sorry('There is no revision ' + args.number + ' of this page.', 404)
  var body = zimki.render.tal('revision.html', {
    revision: revision,
    html: formatWiki(revision.text, isKnown),
  })
  return showPage(name + ', revision ' + revision.number, body, { tabs: tabsOf(name, 'history') })
}

function showDiff(args) {
  var name = checkName(args.name)
  var to = loadRevision(name, args.to)
  if (!to) return sorry('There is no revision ' + args.to + ' of this page.', 404)
  var from = args.from && loadRevision(name, args.from)
  var before = from ? from.text : ''
  var body = zimki.render.trimpath('diff.html', {
    lines: diffLines(before, to.text),
    from: from ? from.number : 0,
    to: to,
    root: zimki.root,
  })
  return showPage('Changes of ' + name, body, { tabs: tabsOf(name, 'history') })
}

function showSearch(args) {
  var words = String(args.words || '')
  var pages = searchPages(words)
  var body = zimki.render.trimpath('search.html', {
    words: words,
    pages: pages,
    pageUrl: pageUrl,
    snippet: snippet,
    createUrl: words && pageUrl(words),
  })
  return showPage('Search', body, { words: words })
}

function showRecent() {
  var body = zimki.render.trimpath('recent.html', {
    changes: recentChanges(),
    pageUrl: pageUrl,
    root: zimki.root,
  })
  return showPage('Recent changes', body)
}

function showLogin(args, problem) {
  var body = zimki.render.tal('login.html', {
    root: zimki.root,
    name: args.name,
    username: args.username,
    problem: problem || null,
  })
  var page = showPage('Log in or join', body)
  return problem ? { content: page, status: 403 } : page
}

function enter(args) {
  if (args.username === undefined) return showLogin(args)
  var problem = args.join ? join(args.username, args.password) : login(args.username, args.password)
  if (problem) return showLogin(args, problem)
  // To the page that asked for the login; never to an address from outside.
  return zimki.redirect(
    args.name ? zimki.root + '/edit?name=' + encodeURIComponent(checkName(args.name)) : pageUrl(HOME),
  )
}

function leave(args) {
  checkForm(args)
  zimki.session.logout()
  return zimki.redirect(pageUrl(HOME))
}

zimki.publishPath('/', forPeople(showWikiPage))
zimki.publishPath(/^page\/(.+)$/, forPeople(showWikiPage))
zimki.publishPath('/edit', forMembers(edit))
zimki.publishPath('/save', forMembers(save))
zimki.publishPath('/history', forPeople(history))
zimki.publishPath('/revision', forPeople(showRevision))
zimki.publishPath('/diff', forPeople(showDiff))
zimki.publishPath('/search', forPeople(showSearch))
zimki.publishPath('/recent', forPeople(showRecent))
zimki.publishPath('/login', forPeople(enter))
zimki.publishPath('/logout', forPeople(leave))
