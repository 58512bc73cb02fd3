// Light or dark: the system's preference until the reader chooses; the choice is kept.

export type Theme = 'light' | 'dark'

const KEY = 'tessera.theme'
const system = matchMedia('(prefers-color-scheme: dark)')

class ThemeChoice {
  current: Theme = $state('light')

  constructor() {
    const chosen = document.documentElement.dataset.theme
    this.current = chosen === 'dark' || chosen === 'light' ? chosen : system.matches ? 'dark' : 'light'
    system.addEventListener('change', () => {
      if (!document.documentElement.dataset.theme) this.current = system.matches ? 'dark' : 'light'
    })
  }

  toggle(): void {
    this.current = this.current === 'dark' ? 'light' : 'dark'
    document.documentElement.dataset.theme = this.current
    try {
      localStorage.setItem(KEY, this.current)
    } catch {
      // Storage can be forbidden: the choice then lasts as long as the page.
    }
  }
}

export const theme = new ThemeChoice()
