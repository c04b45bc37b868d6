import { draw } from '../../kit/avatar/sprite'

// What stands around in the office, in the inks of the avatars.

/** The gateway: lights, a screen, vents, and on the right the joint that the pipes leave from; 24 × 17. */
export const machine = draw(`
........kk....kk
.......kyyk..kyyk
.......kyyk..kyyk
..kkkkkkkkkkkkkkkkkkkk
.kbbbbbbbbbbbbbbbbbbbbk
.kbnnnnnnnnnbbbbbbbbbbk
.kbngngnggnnbkkkbkkkbbk
.kbnnngngnnnbkwkbkakbbk
.kbngggngngnbkkkbkkkbbk
.kbnnnnnnnnnbbbbbbbbbbkk
.kbbbbbbbbbbbbbbbbbbbbbb
.kbnbnbnbnbnbnbnbnbnbbbb
.kbnbnbnbnbnbnbnbnbnbbkk
.kbbbbbbbbbbbbbbbbbbbbk
.kkkkkkkkkkkkkkkkkkkkkk
...kk..............kk
...kk..............kk`)

/** A vendor's tower; 10 × 9. */
export const tower = draw(`
..kkkkkk
.kbbbbbbk
.kbngnnbk
.kbbbbbbk
.kbnngnbk
.kbbbbbbk
.kbgnnnbk
.kbbbbbbk
kkkkkkkkkk`)

/** What people keep on their desks; 8 × 10 each, standing on the last row. */
export const keepsakes = [
  // A plant
  `
..g..g
g.gg.gg
.gg.gg
..gggg.g
gg.gg.gg
.gggggg
...gg
..aaaa
..aaaa
..aaaa`,
  // A lamp
  `


.bbbb
byyyyb
byyyyyb
.....b
.....b
....b
...b
..bbbb`,
  // Books
  `



.aa
.aa.ccc
.aawcCc
.aawcCcy
.aawcCcy
.aawcccy
.aawcccy`,
  // A cactus
  `

...gg
...gg.g
.g.gg.g
.g.gggg
.gggg
...gg
..wwww
..wwww
..wwww`,
  // A picture in a frame
  `



.yyyyyy
.yccccy
.ycwccy
.ycwwcy
.ywwwwy
.yyyyyy
...yy`,
  // Papers
  `





.wwwww
wkkkww
wwwwww
wkkkkw
wwwwww`,
  // A duck
  `



..yyy
..yky
aayyy
..yyy..y
.yyyyyyy
.yyyyyy
..yyyy`,
].map(text => draw(text))

/** What is seen through the window at night; 24 × 12. */
export const sun = draw(`
........yyyyyyyy
......yyyyyyyyyyyy
....yyyyyyyyyyyyyyyy
...yyyyyyyyyyyyyyyyyy
..yyyyyyyyyyyyyyyyyyyy

.aaaaaaaaaaaaaaaaaaaaaa
.aaaaaaaaaaaaaaaaaaaaaa

aaaaaaaaaaaaaaaaaaaaaaaa

aaaaaaaaaaaaaaaaaaaaaaaa`)

/** And by day; 16 × 6. */
export const cloud = draw(`
.....wwww
...wwwwwww.ww
..wwwwwwwwwwwww
.wwwwwwwwwwwwwww
wwwwwwwwwwwwwwww
..wwwwwwwwwwwww`)
