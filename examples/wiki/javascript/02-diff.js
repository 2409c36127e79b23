// Which lines of a text were taken out and put in: the longest common subsequence, by lines.

var MAX_DIFF_LINES = 600

/** A list of { sign: " ", "-" or "+", text }. What both texts begin and end with is not compared. */
function diffLines(before, after) {
  var a = before.split('\n')
  var b = after.split('\n')
  var start = 0
  while (start < a.length && start < b.length && a[start] === b[start]) start++
  var end = 0
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end])
    end++
  var head = marked(' ', a.slice(0, start))
  var tail = marked(' ', a.slice(a.length - end))
  return head.concat(diffMiddle(a.slice(start, a.length - end), b.slice(start, b.length - end)), tail)
}

function marked(sign, lines) {
  var list = []
  for (var i = 0; i < lines.length; i++) list.push({ sign: sign, text: lines[i] })
  return list
}

function diffMiddle(a, b) {
  if (a.length > MAX_DIFF_LINES || b.length > MAX_DIFF_LINES) return marked('-', a).concat(marked('+', b))
  var common = commonLengths(a, b)
  var list = []
  var i = 0
  var j = 0
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      list.push({ sign: ' ', text: a[i++] })
      j++
    } else if (j >= b.length || (i < a.length && common[i + 1][j] >= common[i][j + 1])) {
      list.push({ sign: '-', text: a[i++] })
    } else {
      list.push({ sign: '+', text: b[j++] })
    }
  }
  return list
}

/** common[i][j]: how many lines a from i and b from j have in common. */
function commonLengths(a, b) {
  var common = []
  for (var i = a.length; i >= 0; i--) {
    common[i] = []
    for (var j = b.length; j >= 0; j--) {
      if (i === a.length || j === b.length) common[i][j] = 0
      else if (a[i] === b[j]) common[i][j] = common[i + 1][j + 1] + 1
      else common[i][j] = Math.max(common[i + 1][j], common[i][j + 1])
    }
  }
  return common
}
