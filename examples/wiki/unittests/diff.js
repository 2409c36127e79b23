function shown(lines) {
  var text = ''
  for (var i = 0; i < lines.length; i++) text += lines[i].sign + lines[i].text + '\n'
  return text
}

plan(4)
assertEquals('nothing changed', shown(diffLines('a\nb', 'a\nb')), ' a\n b\n')
assertEquals('a line in the middle', shown(diffLines('a\nb\nc', 'a\nX\nc')), ' a\n-b\n+X\n c\n')
assertEquals('lines moved', shown(diffLines('a\nb\nc', 'b\nc\na')), '-a\n b\n c\n+a\n')
assertEquals('from nothing', shown(diffLines('', 'a')), '-\n+a\n')
