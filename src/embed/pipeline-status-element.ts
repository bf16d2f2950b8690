import { connect, type Subscription } from '../client/index.js'
import { createBoardDrawing } from './board-drawing.js'
import { boardView } from './board-view.js'
import { WATCH_ATTRIBUTES, type WatchOptions, watchOptions } from './element-options.js'
import { ELEMENT_STYLE } from './element-style.js'

const CLOCK_MS = 1_000

/**
 * Makes the class of `<pipeline-status src feed sources token theme compact>`: a board, kept live
 * by one connection for all elements of a page that watch the same. Without a connection it shows
 * the last good data and how old it is.
 *
 * @param scriptUrl - where this script came from: the server of elements without `src`.
 */
export function createPipelineStatusElement(scriptUrl: string): CustomElementConstructor {
  const style = new CSSStyleSheet()
  style.replaceSync(ELEMENT_STYLE)
  return class PipelineStatusElement extends HTMLElement {
    static readonly observedAttributes = WATCH_ATTRIBUTES
    readonly #drawing
    #options: WatchOptions | undefined
    #subscription: Subscription | undefined
    #clock: ReturnType<typeof setInterval> | undefined
    #isReconnecting = false

    constructor() {
      super()
      const root = this.attachShadow({ mode: 'open' })
      root.adoptedStyleSheets = [style]
      this.#drawing = createBoardDrawing(root)
    }

    connectedCallback(): void {
      this.#connect()
      this.#clock = setInterval(() => this.#draw(), CLOCK_MS)
    }

    disconnectedCallback(): void {
      clearInterval(this.#clock)
      this.#clock = undefined
      this.#subscription?.close()
      this.#subscription = undefined
    }

    attributeChangedCallback(): void {
      if (this.#clock === undefined || this.#isReconnecting) return
      this.#isReconnecting = true
      // Several attributes that are set in one go are one change.
      queueMicrotask(() => {
        this.#isReconnecting = false
        if (this.#clock !== undefined) this.#connect()
      })
    }

    #connect(): void {
      const { url, feed, sources, token } = watchOptions(
        (name) => this.getAttribute(name),
        scriptUrl,
      )
      const former = this.#subscription
      this.#options = { url, feed, sources, token }
      this.#subscription = connect({
        url,
        feed,
        ...(sources.length === 0 ? {} : { sources }),
        ...(token === null ? {} : { token }),
        onUpdate: () => this.#draw(),
        onState: () => this.#draw(),
      })
      former?.close()
      this.#draw()
    }

    #draw(): void {
      if (this.#subscription === undefined) return
      const { update, state } = this.#subscription
      const sources = this.#options?.sources ?? []
      this.#drawing.show(boardView({ update, state, sources, now: Date.now() }))
    }
  }
}
