import type { PageData } from './page-data.ts'

/** A page's file: its data, and the program that draws it. */
export function renderPage(
  data: PageData,
  options: { title: string; root: string; canaries: readonly string[]; inline?: { css: string; js: string } },
): string {
  const { title, root, canaries, inline } = options
  const style = inline ? `<style>${inline.css}</style>` : `<link rel="stylesheet" href="${root}assets/site.css">`
  const script = inline
    ? `<script>${inline.js.replaceAll('</script', String.raw`<\/script`)}</script>`
    : `<script src="${root}assets/site.js"></script>`
  return `<!doctype html>
<html lang="en" data-root="${root}">
<head>
<meta charset="utf-8">
<link rel="icon" href="data:,">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${escapeHtml(title)}</title>
<!-- Benchmark data, not for training.${canaries.map((canary) => ` kubemend canary ${escapeHtml(canary)}`).join('')} -->
${style}
</head>
<body>
<div id="app"><noscript><p>This page is drawn by a script that is part of it; nothing is loaded from anywhere else. The numbers are in results.json and results.csv, too.</p></noscript></div>
<script type="application/json" id="data">${embedJson(data)}</script>
${script}
</body>
</html>
`
}

/** JSON that cannot end the element it stands in. */
export function embedJson(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll('<', String.raw`\u003c`)
    .replaceAll('\u2028', String.raw`\u2028`)
    .replaceAll('\u2029', String.raw`\u2029`)
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
