// What this browser keeps of the page: choices of taste, never anything of the deployment.

type Choice = 'theme' | 'language'

/** The choice made here before; nothing where the browser keeps nothing. */
export function remembered(choice: Choice): string | null {
  try {
    return localStorage.getItem(`agm.${choice}`)
  } catch {
    return null
  }
}

export function remember(choice: Choice, value: string): void {
  try {
    localStorage.setItem(`agm.${choice}`, value)
  } catch {
    // A browser that keeps nothing asks again the next time; that is its owner's wish.
  }
}
