/* Bidirectional classes, as far as they matter in host names, from scripts and categories: V8 knows no class by name. */
const ARABIC_NUMBER =
  /[\u{600}-\u{605}\u{660}-\u{669}\u{66b}\u{66c}\u{6dd}\u{890}\u{891}\u{8e2}\u{10d30}-\u{10d39}\u{10e60}-\u{10e7e}]/u
const EUROPEAN_NUMBER = /[0-9\u{6f0}-\u{6f9}]/u
const RIGHT_TO_LEFT =
  /[\u{590}-\u{605}\u{608}\u{60b}\u{60d}\u{61b}-\u{6ef}\u{6fa}-\u{8ff}\u{fb1d}-\u{fdff}\u{fe70}-\u{fefe}\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u
const NEUTRAL_AMONG_THEM =
  /[\u{606}\u{607}\u{60e}\u{60f}\u{66a}\u{6de}\u{6e9}\u{7f6}-\u{7f9}\u{fb29}\u{fd3e}-\u{fd4f}\u{fdcf}\u{fdfd}-\u{fdff}\u{1091f}\u{10b39}-\u{10b3f}\u{10d6e}\u{1eef0}\u{1eef1}]/u
const MARK = /[\p{Mn}\p{Me}]/u
const LETTER = /[\p{L}\p{Mc}\p{Nl}\p{Nd}]/u

type BidiClass = 'L' | 'R' | 'AN' | 'EN' | 'NSM' | 'ON'

function classOf(character: string): BidiClass {
  if (MARK.test(character)) return 'NSM'
  if (EUROPEAN_NUMBER.test(character)) return 'EN'
  if (ARABIC_NUMBER.test(character)) return 'AN'
  if (NEUTRAL_AMONG_THEM.test(character)) return 'ON'
  if (RIGHT_TO_LEFT.test(character)) return 'R'
  return LETTER.test(character) ? 'L' : 'ON'
}

/**
 * The Bidi rule of https://www.rfc-editor.org/rfc/rfc5893#section-2 for a label that runs right to left. As in Node, the
 * other labels of such a domain are not held to it.
 */
export function obeysBidi(label: string): boolean {
  const classes = Array.from(label, classOf)
  return !(classes.includes('R') || classes.includes('AN')) || labelObeys(classes)
}

function labelObeys(label: BidiClass[]): boolean {
  const [first] = label
  const last = label.findLast((each) => each !== 'NSM')
  if (first === 'R') {
    const hasBothNumbers = label.includes('EN') && label.includes('AN')
    return !label.includes('L') && !hasBothNumbers && (last === 'R' || last === 'EN' || last === 'AN')
  }
  return first === 'L' && !label.includes('R') && !label.includes('AN') && (last === 'L' || last === 'EN')
}
