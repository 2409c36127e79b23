// Runs on a copy of the realm, so it may write what it likes.
plan(11)

var first = savePage('Test page', 'one\ntwo', 0, 'begun', 'Ada')
assertEquals('the first revision is number 1', first.page.number, 1)
assertEquals('the page is found by name', loadPage('Test page').text, 'one\ntwo')
assertEquals('nothing new is no revision', savePage('Test page', 'one\r\ntwo', 1, '', 'Ada').page.number, 1)

var late = savePage('Test page', 'mine', 0, '', 'Bob')
assert('who comes late is told', late.conflict !== undefined)
assertEquals('and changes nothing', loadPage('Test page').text, 'one\ntwo')

savePage('Test page', 'one\nthree', 1, 'better', 'Bob')
assertEquals('every revision is kept', revisionsOf('Test page').length, 2)
assertEquals('the newest comes first', revisionsOf('Test page')[0].author, 'Bob')
assertEquals('old texts are there', loadRevision('Test page', 1).text, 'one\ntwo')
assertEquals('search finds words in any case', searchPages('THREE').length, 1)

assertEquals('a new member can log in', join('Test Person', 'long enough'), undefined)
assertEquals('a taken name is refused', join('Test Person', 'another one'), 'Somebody has that name already.')
