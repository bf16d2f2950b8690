import { createPipelineStatusElement } from './pipeline-status-element.js'

// A page may hold this script twice, from two authors who do not know of each other.
if (customElements.get('pipeline-status') === undefined) {
  customElements.define('pipeline-status', createPipelineStatusElement(scriptUrl()))
}

/** Modules do not know which element of the page they came from: those look for it. */
function scriptUrl(): string {
  if (document.currentScript instanceof HTMLScriptElement) return document.currentScript.src
  const script = document.querySelector<HTMLScriptElement>('script[src*="/embed.js"]')
  return script?.src ?? document.baseURI
}
