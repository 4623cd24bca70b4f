// The style of the status page, for light and dark screens.

/** CSS. */
export const pageStyle = `
:root { color-scheme: light dark; --text: #1a1d21; --soft: #565d66; --back: #ffffff; --line: #d5d9de; --good: #0b6b3a; --bad: #b3261e; --mark: #0b57b0; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6e8eb; --soft: #a4abb4; --back: #15181c; --line: #383e46; --good: #6fd39b; --bad: #ff8a80; --mark: #8ab8ff; }
}
body { margin: 0 auto; max-width: 70rem; padding: 1rem; color: var(--text); background: var(--back); font: 15px/1.5 system-ui, sans-serif; }
h1 { margin: 0; font-size: 1.5rem; }
h2 { margin: 1.5rem 0 .5rem; font-size: 1.05rem; }
a { color: var(--mark); }
.wide { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .35rem .6rem; border-bottom: 1px solid var(--line); text-align: left; white-space: nowrap; }
th { color: var(--soft); font-weight: 600; }
.number { text-align: right; }
.leader { font-weight: 700; color: var(--good); }
.lost, #state.bad { color: var(--bad); font-weight: 600; }
#state.good { color: var(--good); font-weight: 600; }
dl { display: flex; flex-wrap: wrap; gap: .5rem 2rem; margin: 0; }
dt { color: var(--soft); }
dd { margin: 0; font-size: 1.2rem; font-variant-numeric: tabular-nums; }
svg { width: 100%; height: 80px; margin-top: .5rem; border-bottom: 1px solid var(--line); }
polyline { fill: none; stroke: var(--mark); stroke-width: 1.5; vector-effect: non-scaling-stroke; }
ol, ul { margin: 0; padding-left: 1.5rem; }
footer { margin-top: 2rem; color: var(--soft); }
`;
