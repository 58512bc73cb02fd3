// Runs before the first paint: applies the theme that the reader chose earlier, if any.
try {
  const theme = localStorage.getItem('tessera.theme')
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
} catch {
  // Storage can be forbidden; then the system's preference holds.
}
