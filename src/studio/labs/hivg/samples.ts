// Drawings to begin with, made for this page.
export const DRAWINGS: readonly { name: string; text: string }[] = [
  {
    name: 'House',
    text: `<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2">
  <path d="M3 11.5 12 4l9 7.5"/>
  <path d="M5.5 10v9.5h13V10"/>
  <rect x="10" y="13.5" width="4" height="6" rx="0.5"/>
  <circle cx="12" cy="10" r="1.25"/>
</svg>`,
  },
  {
    name: 'Transforms',
    text: `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">
  <defs><path id="leaf" d="M0 0c8-6 18-6 26 0-8 6-18 6-26 0z"/></defs>
  <g transform="translate(50 50)" fill="#2f7a3f">
    <use href="#leaf"/>
    <use href="#leaf" transform="rotate(72)"/>
    <use href="#leaf" transform="rotate(144)"/>
    <use href="#leaf" transform="rotate(216)"/>
    <use href="#leaf" transform="rotate(288)"/>
  </g>
  <circle cx="50" cy="50" r="6" fill="#d9a016"/>
</svg>`,
  },
  {
    name: 'Untrusted',
    text: `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48" onload="alert(1)">
  <script>alert(2)</script>
  <image href="https://example.com/track.png" width="48" height="48"/>
  <path d="M8 8h32v32H8z" fill="url(https://example.com/x#y)" stroke="#9c3f1c"/>
  <path d="M12 12l24 24M36 12 12 36" stroke="#9c3f1c" stroke-width="3"/>
</svg>`,
  },
]
