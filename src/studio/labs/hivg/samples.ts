// Drawings to begin with, each showing something else of the method.

export interface Sample {
  name: string
  svg: string
}

export const SAMPLES: readonly Sample[] = [
  {
    name: 'Outline icon',
    svg: `<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24" viewBox="0 0 24 24" fill="none"
  stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">
  <path d="M4 7h3l2-3h6l2 3h3a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2H4a2 2 0 0 1-2-2V9a2 2 0 0 1 2-2z"/>
  <circle cx="12" cy="13" r="4"/>
  <path d="M18 10h.01"/>
</svg>
`,
  },
  {
    name: 'Filled shape',
    svg: `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">
  <path d="M12 21.35l-1.45-1.32C5.4 15.36 2 12.28 2 8.5 2 5.42 4.42 3 7.5 3c1.74 0 3.41.81 4.5 2.09C13.09 3.81
    14.76 3 16.5 3 19.58 3 22 5.42 22 8.5c0 3.78-3.4 6.86-8.55 11.54L12 21.35z"/>
</svg>
`,
  },
  {
    name: 'Colours and copies',
    svg: `<svg xmlns="http://www.w3.org/2000/svg" width="320" height="200">
  <style>.hill { fill: seagreen } #sun { fill: url(#glow) }</style>
  <defs>
    <radialGradient id="glow"><stop offset="0" stop-color="gold"/><stop offset="1" stop-color="tomato"/></radialGradient>
    <g id="tree"><rect x="-3" y="0" width="6" height="16" fill="#6b4226"/><polygon points="-16,2 0,-34 16,2"/></g>
  </defs>
  <rect width="320" height="200" fill="lightcyan"/>
  <circle id="sun" cx="250" cy="55" r="28"/>
  <path class="hill" d="M0 200v-40q60-38 130-22t190 4v58z" opacity=".7"/>
  <path class="hill" d="M0 200v-18q80-30 160-20t160 14v24z"/>
  <g fill="darkgreen">
    <use href="#tree" x="70" y="140"/>
    <use href="#tree" transform="translate(130 150) scale(.8)"/>
    <use href="#tree" transform="translate(210 162) rotate(4) scale(.65)"/>
  </g>
</svg>
`,
  },
  {
    name: 'An untrusted file',
    svg: `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100" onload="alert(1)">
  <script>fetch('https://example.com/')</script>
  <image href="https://example.com/track.png" width="100" height="100"/>
  <foreignObject width="100" height="100"><p xmlns="http://www.w3.org/1999/xhtml">hello</p></foreignObject>
  <text x="10" y="90">words</text>
  <a href="javascript:alert(2)"><path d="M50 10L90 80H10z" fill="none" stroke="crimson" stroke-width="6"/></a>
  <circle cx="50" cy="56" r="9" fill="crimson" filter="url(https://example.com/f.svg#f)"/>
</svg>
`,
  },
]
