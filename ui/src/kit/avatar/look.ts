import { cuts, outfits, things } from './parts'

/** How somebody looks. Colours are numbers: what they are is the theme's choice. */
export interface Look {
  skin: number
  hair: number
  cloth: number
  cut: number
  outfit: number
  thing: number
}

/** How many colours every theme has of each. */
export const COLOURS = { skin: 5, hair: 7, cloth: 8 } as const

/** The look that belongs to a name: the same at any time, on any machine and in every theme. */
export function lookOf(name: string): Look {
  const draw = drawing(name)
  return {
    skin: draw(COLOURS.skin),
    hair: draw(COLOURS.hair),
    cloth: draw(COLOURS.cloth),
    cut: draw(cuts.length),
    outfit: draw(outfits.length),
    thing: draw(things.length),
  }
}

/** Another number gives everybody another face; this one gives the cast of the demo good ones. */
const SALT = 395_697

/** A number below 1000 that belongs to a name: two neighbours should not blink in step. */
export function rhythmOf(name: string): number {
  return drawing(`${name} `)(1000)
}

/** Numbers that follow from a name: FNV-1a over its bytes, then a step of mulberry32 for each. */
function drawing(name: string): (below: number) => number {
  let seed = 0x811c9dc5 ^ SALT
  for (const byte of new TextEncoder().encode(name)) seed = Math.imul(seed ^ byte, 0x01000193)
  return below => {
    seed = (seed + 0x6d2b79f5) | 0
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}
