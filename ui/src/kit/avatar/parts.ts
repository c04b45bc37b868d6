// The parts that people are put together from, all drawn on one canvas of 24 × 24. The face is 8 wide, from 3 to 10;
// rows 18 to 23 belong to the desk.
//
// Inks: s S skin and its shade, e eye, m mouth, h H hair and its light, c C cloth and its shade, w paper,
// a accent, y warning, b metal, n the screen, g what it shows, u U fog and its light, k outline.

export const SIZE = 24

/** Begins in row 4. */
export const head = `
....ssssss
...ssssssss
...ssssssss
...ssssssss
..ssssssssss
..SssssssssS
...ssssssss
...sssmmsss
....SSSSSS`

/** Begin in row 8. */
export const eyes = `
.....e..e
.....e..e`
export const lids = `
.....s..s
.....m..m`
/** Looking at the screen. */
export const busyEyes = `
......e..e
......e..e`

/** Hair; begins in row 1. */
export const cuts = [
  // Cropped
  `

....hhhhhh
...hHHhhhhh
..hhHhhhhhhh
..hhhhhhhhhh
..hhh.hh..hh
..h........h`,
  // Parted
  `

...hhhhhhh
..hhhhHHhhh
..hhhhhHhhhh
..hhhhh..hhh
..hhh.....hh
..hh......hh
..h........h`,
  // Long
  `

....hhhhhh
...hhHHhhhh
..hhHhhhhhhh
..hhhhhhhhhh
.hhhh.hhh.hhh
.hhh......hhh
.hh........hh
.hh........hh
.hhh......hhh
.hhh......hhh
.hhhh....hhhh
.hhh......hhh
.hh........hh`,
  // Bob
  `

....hhhhhh
...hhhhHHhh
..hhhhhhhHhh
.hhhhhhhhhhhh
.hhhhhhhhhhhh
.hhh......hhh
.hh........hh
.hh........hh
.hhh......hhh
.hhh......hhh`,
  // Bun
  `
.....hhhh
.....hHhh
....hhhhhh
...hhHhhhhh
..hhhhhhhhhh
..hhhhhhhhhh
..hhh....hhh
..h........h`,
  // Curls
  `
...hh.hh.hh
..hhhhhhhhhh
.hhHhhHhhhhhh
.hhhhhhhhhHhh
hhhhhhhhhhhhhh
.hhhhhhhhhhhh
hhhh.h..h.hhhh
.hhh......hhh
hhh........hhh
.hh........hh
..h........h`,
  // Mohawk
  `
.....hhh
.....hHh
.....hHh
.....hhh
....hhhhh
.....hhh`,
  // Shaved
  `


....hhhhhh
...hhhhhhhh
..hhh....hhh
..h........h`,
  // Ponytail
  `

....hhhhhh
...hhHHhhhhhh
..hhHhhhhhhhhh
..hhhhhhhhh.hh
..hhhh.....hhh
..h........hhh
............hh
............hh
............h`,
  // Spikes
  `
...h..h..h
..hh.hhh.hhh
..hhhhhhhhh
.hhhHhhHhhhh
..hhhhhhhhhhh
..hh.hh.hh.h
..h........h`,
  // Cap
  `


....CCCCCC
...CccccccC
..CccccccccC
..CCCCCCCCCCCC
..hh......hhwww
..h........h`,
  // Headscarf
  `

....cccccc
...cccccccc
..ccccccccccc
..ccccCCCCccc
.cccC....Cccc
.ccC......Ccc
.ccC......Ccc
.ccC......Ccc
.cccC....Cccc
..cccC..Cccc
..cccccccccc
..cccccccccc`,
] as const

/** What they wear; begins in row 13. */
export const outfits = [
  // Jumper
  `
...cccsscc
..cccccccccc
.cCccccccccCc
.cCccccccccCc
.cCccccccccCc`,
  // Shirt and tie
  `
...wwwsswww
..cwwwaawwwc
.cCwwwaawwwCc
.cCwwwaawwwCc
.cCwwwwawwwCc`,
  // Hood
  `
..ccCCssCCcc
..cccCCCCccc
.cCcccwwcccCc
.cCcccwccccCc
.cCccccccccCc`,
  // Stripes
  `
...wwwsswww
..cccccccccc
.wwwwwwwwwwww
.cCccccccccCc
.wwwwwwwwwwww`,
  // Dungarees
  `
...wwwsswww
..wwcwwwwcww
.wwwcwwwwcwww
.wwwccccccwww
.wwwccccccwww`,
  // Jacket
  `
...ccwsswcc
..cccwwwwccc
.cCccCwwCccCc
.cCcccCCcccCc
.cCcccCCcccCc`,
] as const

/** What they have with them; begins in row 4. */
export const things = [
  '',
  // Glasses
  `



...kkkkkkkk
....w.ww.w
....w.ww.w`,
  // Headphones
  `



.aa........aa
.aa........aa
.aa........aa`,
  // Beard
  `






...h......h
...hhhmmhhh
....hhhhhh
.....hhhh`,
  // Moustache
  `






....hhhhhh
...h..mm..h`,
  // Earrings
  `






..y........y
..y........y`,
  // Freckles
  `





...SS....SS
...S......S`,
  // Flower
  `
..aa
.ayya
..aa`,
  // Scarf
  `








..aaaaaaaaaa
..aaaaaaaaaa
........aaa
........aaa`,
  '',
] as const

/** The Manager's; begins in row 0. */
export const crown = `
...y..y..y
...yy.yy.y
...yyyyyyy
...yaywyay`

/** Empty: the back with its cushion, the arms, the post; begins in row 5. */
export const chair = `
...kkkkkkkk
..kcccccccck
..kcCCCCCCck
..kcCccccCck
..kcCccccCck
..kcCccccCck
..kcCccccCck
kkkcCCCCCCckkk
kbbkcccccckbbk
kkkkcccccckkkk
.bb.kkkkkk.bb
.bb...bb...bb
......bb`

/** On the desk; begin in row 17. */
export const hands = `
....ss..ss`
export const typingHands = [
  `
.......ss
...........ss`,
  `
...........ss
.......ss`,
] as const

export const monitor = `
................bbbbbbbb
................bnnnnnnb
................bnnnnnnb
................bnnnnnnb
................bnnnnnnb
................bnnnnnnb
................bnnnnnnb
................bbbbbbbb
...................bb
..................bbbb`

/** What the screen shows; begin in row 9. */
export const screens = {
  idle: `

.................ggg
..................
.................gg`,
  busy: [
    `
.................gggg
.................gg
.................ggggg
.................ggg
.................gggg`,
    `
.................gg
.................ggggg
.................ggg
.................gggg
.................gg
.................ggggg`,
    `
.................ggggg
.................ggg
.................gggg
.................gg
.................ggggg
.................ggg`,
  ],
} as const

export const mug = `
............aaa
............aaaa
............aaa`
export const steam = `
.............w
............w`
/** Lifted to the mouth, with the arm. */
export const sip = `
......aaa
.....aaaaa
......aaa
......ccss
.......ccc
........cc`

/** With the head down on folded arms; begins in row 15. */
export const arms = `
.cc........cc
ccccssssssccccc
cCCccssssccCCcc`
export const asleep = `
....mm..mm`

export const zzz = [
  `
..............wwww
................w
...............w
..............wwww`,
  `
....................www
.....................w
....................www`,
] as const

export const fog = `

uuu...............uuu
uUUuu...........uuUUuuu
uuuuuu.....uuu..uuuuuuuu
..uuu....uuUUUuu...uuu
.......uuuuuuuuuu
uuuu..........uuuuuuuu
UUUUuuu..uuu..uuUUUUUuuu
uuuuuuuuuuUUUuuuuuuuuuuu
.uuuuuu.uuuuuuuu..uuuuu
uuuuuuuuuuuuuuuuuuuuuuuu`
export const question = `
................wwwww
...............ww...ww
....................ww
..................www
..................ww

..................ww`

export const sign = `
...............y
..............yyy
..............yky
.............yykyy
.............yykyy
............yyykyyy
............yyyyyyy
...........yyyykyyyy
...........yyyyyyyyy`

/** The delivery: a cartridge on a cart. */
export const cart = `
.....kkkkkkkk
.....kaaaaaak
.....kawwwwak
.....kawwwwak
bb...kaaaaaak
.b...kakakakk
.bbbbbbbbbbbbb
.bkkkkkkkkkkkb
.bbbbbbbbbbbbb`
export const wheels = [
  `
..bkb.....bkb
...b.......b`,
  `
..bbb.....bbb
...b.......b`,
] as const
