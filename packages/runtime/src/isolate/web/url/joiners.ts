const JOINER = /[\u200c\u200d]/
/** A virama, after which both joiners are meaningful: the characters of canonical combining class 9. */
const AFTER_VIRAMA =
  /[\u{94d}\u{9cd}\u{a4d}\u{acd}\u{b4d}\u{bcd}\u{c4d}\u{ccd}\u{d3b}\u{d3c}\u{d4d}\u{dca}\u{e3a}\u{eba}\u{f84}\u{1039}\u{103a}\u{1714}\u{1734}\u{17d2}\u{1a60}\u{1b44}\u{1baa}\u{1bab}\u{1bf2}\u{1bf3}\u{2d7f}\u{a806}\u{a82c}\u{a8c4}\u{a953}\u{a9c0}\u{aaf6}\u{abed}\u{10a3f}\u{11046}\u{1107f}\u{110b9}\u{11133}\u{11134}\u{111c0}\u{11235}\u{112ea}\u{1134d}\u{11442}\u{114c2}\u{115bf}\u{1163f}\u{116b6}\u{1172b}\u{11839}\u{119e0}\u{11a34}\u{11a47}\u{11a99}\u{11c3f}\u{11d44}\u{11d45}\u{11d97}][\u200c\u200d]/gu
/** Between Arabic letters that would join: the one before joins on its left side, the one after on its right. */
const BETWEEN_ARABIC =
  /(?<=[\u0620\u0626\u0628\u062a-\u062e\u0633-\u063f\u0641-\u0647\u0649\u064a\u066e\u066f\u0678-\u0687\u069a-\u06bf\u06c1\u06c2\u06cc\u06ce\u06d0\u06d1\u06fa-\u06fc\u06ff][\u064b-\u065f\u0670]*)\u200c(?=[\u064b-\u065f\u0670]*[\u0620\u0622-\u063f\u0641-\u064a\u066e\u066f\u0671-\u0673\u0675-\u06d3\u06d5\u06fa-\u06fc\u06ff])/gu

/** The ContextJ rules of https://www.rfc-editor.org/rfc/rfc5892#appendix-A: joiners only where they change the text. */
export function obeysJoiners(label: string): boolean {
  if (!JOINER.test(label)) return true
  return !JOINER.test(label.replace(AFTER_VIRAMA, '').replace(BETWEEN_ARABIC, ''))
}
