const light =
  '--text:#1b1f24;--soft:#57606a;--line:#d8dee4;--back:#fff;--Healthy:#1a7f4b;--Unknown:#57606a;--Late:#8a5a00;--Degraded:#a04100;--Failing:#b3261e;--Paused:#57606a'
const dark =
  '--text:#e6e9ed;--soft:#a1a9b3;--line:#30363d;--back:#14181d;--Healthy:#4ac285;--Unknown:#a1a9b3;--Late:#e3b341;--Degraded:#f0a35e;--Failing:#ff8078;--Paused:#a1a9b3'

/** Adopted by the shadow root, which no Content-Security-Policy of a page forbids. */
export const ELEMENT_STYLE = `
:host{${light};display:block;color-scheme:light;font:14px/1.45 system-ui,sans-serif;color:var(--text);background:var(--back);border:1px solid var(--line);border-radius:8px;overflow:hidden}
:host([hidden]){display:none}
@media (prefers-color-scheme:dark){:host(:not([theme=light])){${dark};color-scheme:dark}}
:host([theme=dark]){${dark};color-scheme:dark}
header{display:flex;flex-wrap:wrap;align-items:center;gap:2px 8px;padding:10px 12px}
header svg{width:18px;height:18px}
svg{width:14px;height:14px;flex:none}
${['Healthy', 'Unknown', 'Late', 'Degraded', 'Failing', 'Paused'].map((status) => `.${status}{color:var(--${status})}`).join('')}
strong{font-size:16px}
p,ul{margin:0;padding:0}
small{margin-left:auto;color:var(--soft);font-size:12px;font-variant-numeric:tabular-nums}
ul{list-style:none;border-top:1px solid var(--line);max-height:var(--pipeline-status-max-height,none);overflow:auto}
li{display:flex;flex-wrap:wrap;align-items:center;gap:0 8px;padding:5px 12px}
li+li{border-top:1px solid var(--line)}
b{font-weight:600;max-width:calc(100% - 22px);overflow-wrap:anywhere}
li span{margin-left:auto;text-align:right;color:var(--soft);font-size:13px;font-variant-numeric:tabular-nums}
.more{padding:5px 12px;color:var(--soft);border-top:1px solid var(--line)}
.old ul,.old header svg{opacity:.65}
:host([compact]) ul,:host([compact]) .more{display:none}
[hidden]{display:none}
.said{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
`
