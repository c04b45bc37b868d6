import type { Look } from './look'
import * as parts from './parts'
import { draw, outline, type Picture } from './sprite'

/** What does not depend on who sits there. */
export const scenery = {
  head: draw(parts.head, 4),
  eyes: draw(parts.eyes, 8),
  busyEyes: draw(parts.busyEyes, 8),
  lids: draw(parts.lids, 8),
  crown: draw(parts.crown),
  chair: draw(parts.chair, 5),
  hands: draw(parts.hands, 17),
  typing: parts.typingHands.map(picture => draw(picture, 16)),
  monitor: draw(parts.monitor, 8),
  idleScreen: draw(parts.screens.idle, 9),
  busyScreens: parts.screens.busy.map(picture => draw(picture, 9)),
  mug: draw(parts.mug, 15),
  steam: draw(parts.steam, 12),
  sip: draw(parts.sip, 10),
  arms: draw(parts.arms, 15),
  zzz: [draw(parts.zzz[0], 4), draw(parts.zzz[1], 0)],
  fog: draw(parts.fog, 8),
  question: draw(parts.question),
  sign: draw(parts.sign, 9),
  cart: draw(parts.cart, 13),
  wheels: parts.wheels.map(picture => draw(picture, 22)),
  desk: draw('d'.repeat(24) + '\n' + 'D'.repeat(24) + ('\n' + 'f'.repeat(24)).repeat(4), 18),
} as const

export interface Person {
  /** Drawn below the face and above it. */
  outfit: Picture
  cut: Picture
  thing: Picture
  outline: Picture
  /** Of the head alone, for whoever sleeps. */
  headOutline: Picture
}

const known = new Map<string, Person>()

/** The pictures of a look; drawn once. */
export function personOf(look: Look, crowned: boolean): Person {
  const key = [look.cut, look.outfit, look.thing, crowned].join()
  const drawn = known.get(key)
  if (drawn) return drawn
  const [cut, outfit, thing] = [
    parts.cuts[look.cut] ?? '',
    parts.outfits[look.outfit] ?? '',
    parts.things[look.thing] ?? '',
  ]
  const above = [
    { text: parts.head, top: 4 },
    { text: cut, top: 1 },
    { text: thing, top: 4 },
    ...(crowned ? [{ text: parts.crown, top: 0 }] : []),
  ]
  const person = {
    outfit: draw(outfit, 13),
    cut: draw(cut, 1),
    thing: draw(thing, 4),
    outline: outline([...above, { text: outfit, top: 13 }], parts.SIZE),
    headOutline: outline(above, parts.SIZE),
  }
  known.set(key, person)
  return person
}
