// Client-side routes. A link is an ordinary <a href>: clicks inside the Studio are taken over here, so
// that opening in a new tab, copying and middle clicks keep working as everywhere.

interface Place {
  path: string
  query: URLSearchParams
}

function here(): Place {
  const path = location.pathname.replace(/\/+$/, '')
  return { path: path === '' ? '/' : path, query: new URLSearchParams(location.search) }
}

class Router {
  place: Place = $state.raw(here())
  /** Grows by each navigation that brings another page (not by a changed query). */
  visits = $state(0)

  go(url: URL): void {
    const before = this.place.path
    history.pushState(null, '', url)
    this.place = here()
    if (this.place.path === before) return
    this.visits++
    scrollTo(0, 0)
  }

  /** Writes the query of the current page into the address without a new history entry. */
  setQuery(query: URLSearchParams): void {
    const text = query.toString()
    history.replaceState(null, '', location.pathname + (text ? `?${text}` : ''))
    this.place = here()
  }

  /** Listens to clicks and to the back button; returns how to stop. */
  listen(): () => void {
    const click = (event: MouseEvent) => {
      if (event.defaultPrevented || event.button !== 0) return
      if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
      const link = event.target instanceof Element ? event.target.closest('a') : null
      if (!link || link.target || link.hasAttribute('download')) return
      const url = new URL(link.href)
      if (url.origin !== location.origin || (url.hash && url.pathname === location.pathname)) return
      event.preventDefault()
      this.go(url)
    }
    const back = () => {
      this.place = here()
      this.visits++
    }
    document.addEventListener('click', click)
    addEventListener('popstate', back)
    return () => {
      document.removeEventListener('click', click)
      removeEventListener('popstate', back)
    }
  }
}

export const router = new Router()
