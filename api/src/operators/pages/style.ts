/** The one stylesheet of the operators' pages; light and dark, 390 to 1920 px. */
export const STYLE = `:root { color-scheme: light dark; --ink: #16202c; --soft: #525d6b; --paper: #f5f6f8; --card: #fff; --line: #dde1e7; --edge: #7b8794; --link: #0b5cad; --sick: #b42318; --sickbg: #fef3f2; --warn: #8f4a00; --warnbg: #fff7ed; --ok: #18794e; --on-link: #fff; }
@media (prefers-color-scheme: dark) { :root { --ink: #e7ebf0; --soft: #a3aebb; --paper: #10151b; --card: #181f27; --line: #2b343f; --edge: #7b8794; --link: #7db8f5; --sick: #ff8f85; --sickbg: #2a1716; --warn: #f5b56b; --warnbg: #2a2014; --ok: #5fcf9a; --on-link: #10151b; } }
* { box-sizing: border-box; }
body { margin: 0; font: 14px/1.45 system-ui, sans-serif; font-variant-numeric: tabular-nums; color: var(--ink); background: var(--paper); }
a { color: var(--link); }
header { display: flex; flex-wrap: wrap; gap: .5rem 1.25rem; align-items: center; padding: .6rem 1.25rem; background: var(--card); border-bottom: 1px solid var(--line); }
.brand { font-weight: 700; font-size: 15px; color: var(--ink); text-decoration: none; }
nav { display: flex; flex-wrap: wrap; gap: .25rem 1.1rem; }
nav a { padding: .25rem 0; color: var(--soft); text-decoration: none; }
nav a[aria-current] { color: var(--ink); font-weight: 600; box-shadow: 0 2px 0 var(--link); }
.search { flex: 0 1 17rem; }
.me { display: flex; gap: .6rem; align-items: center; margin-left: auto; color: var(--soft); }
.skip { position: absolute; left: -99rem; padding: .5rem 1rem; background: var(--card); }
.skip:focus { left: .5rem; top: .5rem; }
main { max-width: 90rem; margin: 0 auto; padding: 1.25rem; }
main:focus { outline: none; }
main.narrow { max-width: 24rem; padding-top: 12vh; }
h1 { max-width: 60rem; margin: .25rem 0 1rem; font-size: 22px; line-height: 1.3; font-weight: 600; overflow-wrap: anywhere; }
h1 em { font-style: normal; color: var(--sick); }
section { margin-bottom: 1rem; background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
h2 { margin: 0; padding: .7rem 1rem; font-size: 13px; font-weight: 600; color: var(--soft); border-bottom: 1px solid var(--line); }
.pad { padding: .8rem 1rem; }
.wide { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; }
td, th { padding: .55rem .75rem; text-align: left; vertical-align: top; font-weight: 400; white-space: nowrap; border-bottom: 1px solid var(--line); }
tbody tr:last-child > * { border-bottom: 0; }
thead th { font-size: 12px; color: var(--soft); }
tbody th { font-weight: 600; }
th span { font-weight: 400; }
small { display: block; font-size: 12px; font-weight: 400; color: var(--soft); white-space: normal; }
.n { text-align: right; }
.state { display: flex; gap: .6rem; }
td.state { display: table-cell; }
.mark { width: 1.2rem; text-align: center; }
td.state .mark { float: left; }
td.state .mark + span { display: block; margin-left: 1.8rem; }
.sick, .noworkers { background: var(--sickbg); }
.sick .state b, .sick .mark, .noworkers .state b, .noworkers .mark, .doubt { color: var(--sick); }
.doubt { font-weight: 600; }
.throttled, .slow { background: var(--warnbg); }
.throttled .state b, .throttled .mark, .slow .state b, .slow .mark { color: var(--warn); }
.healthy .mark { color: var(--ok); }
.paused .mark { font-size: 10px; line-height: 20px; }
.next { color: var(--soft); }
svg polyline { fill: none; stroke: var(--ok); stroke-width: 1.5; stroke-linejoin: round; }
.sick svg polyline, .noworkers svg polyline { stroke: var(--sick); }
.throttled svg polyline, .slow svg polyline { stroke: var(--warn); }
.history { display: block; width: 100%; height: 8rem; }
.history polyline.in { stroke: var(--link); }
.history polyline.out { stroke: var(--ok); }
.history .band { fill: var(--sick); opacity: .25; }
.legend { margin: .5rem 0 0; color: var(--soft); font-size: 12px; }
.legend span::before { content: '■ '; }
.legend .in::before { color: var(--link); }
.legend .out::before { color: var(--ok); }
.legend .band::before { color: var(--sick); }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(15rem, 100%), 1fr)); gap: 1rem; }
.cards section { padding: .8rem 1rem; margin: 0; }
.cards h2 { padding: 0 0 .4rem; border: 0; }
.cards p { margin: .1rem 0; }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); gap: .75rem; margin: 0 0 1rem; }
.figures > div { padding: .6rem .8rem; background: var(--card); border: 1px solid var(--line); border-radius: 10px; overflow-wrap: anywhere; }
.figures dt { font-size: 12px; color: var(--soft); }
.figures dd { margin: 0; font-weight: 600; }
.bare { padding: .4rem 0; border: 0; }
.tries { margin: .3rem 0; padding-left: 1.4rem; white-space: normal; }
.timeline { margin: 0; padding: .8rem 1rem .8rem 2.2rem; }
.orders { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(16rem, 100%), 1fr)); gap: .5rem 1rem; padding: .8rem 1rem; align-items: start; }
.filters, .bulk { display: flex; flex-wrap: wrap; gap: .6rem 1rem; align-items: end; margin-bottom: 1rem; }
.filters label { display: block; color: var(--soft); }
details form, form.narrow { max-width: 26rem; padding: .4rem 0 .8rem; }
summary { padding: .3rem 0; color: var(--link); cursor: pointer; }
label { display: block; margin: .5rem 0 .2rem; }
.narrow label { margin-top: 1rem; font-weight: 600; }
input, select { width: 100%; padding: .4rem .6rem; font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--edge); border-radius: 6px; }
.filters input, .filters select { width: auto; max-width: 12rem; }
button { margin-top: .6rem; padding: .4rem .9rem; font: inherit; font-weight: 600; color: var(--on-link); background: var(--link); border: 1px solid var(--link); border-radius: 6px; cursor: pointer; }
.me button, button.quiet { margin: 0; padding: .25rem .7rem; font-weight: 400; color: var(--ink); background: none; border-color: var(--edge); }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.mistake { padding: .6rem .8rem; color: var(--sick); border: 1px solid var(--sick); border-radius: 6px; }
.places { padding: 0; list-style: none; }
.places li { padding: .5rem 0; }
code { font-family: ui-monospace, monospace; overflow-wrap: anywhere; }
`
