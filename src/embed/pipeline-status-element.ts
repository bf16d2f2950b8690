import { connect } from '../client/index.js'
import { createBoardDrawing } from './board-drawing.js'
import { boardView } from './board-view.js'
import { WATCH_ATTRIBUTES, type WatchOptions, watchOptions } from './element-options.js'
import { ELEMENT_STYLE } from './element-style.js'
import { isRenewal, renewedWatch } from './renewed-watch.js'
import { createServerClocks } from './server-clocks.js'
import { createSharedWatch, type Watch } from './shared-watch.js'

const CLOCK_MS = 1_000

/**
 * Makes the class of `<pipeline-status src feed sources token theme compact>`: a board, kept live
 * by one connection for all elements of a page that watch the same server. Without a connection it shows
 * the last good data and how old it is.
 *
 * @param scriptUrl - where this script came from: the server of elements without `src`.
 */
export function createPipelineStatusElement(scriptUrl: string): CustomElementConstructor {
  const style = new CSSStyleSheet()
  style.replaceSync(ELEMENT_STYLE)
  const clocks = createServerClocks(connect)
  const watch = createSharedWatch(clocks.connect)
  return class PipelineStatusElement extends HTMLElement {
    static readonly observedAttributes = WATCH_ATTRIBUTES
    readonly #drawing
    #watched: { readonly options: WatchOptions; readonly watch: Watch } | undefined
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
      this.#watched?.watch.stop()
      this.#watched = undefined
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
      const options = watchOptions((name) => this.getAttribute(name), scriptUrl)
      const former = this.#watched
      const next = watch(options, () => this.#draw())
      const isRenewed = former !== undefined && isRenewal(former.options, options)
      this.#watched = { options, watch: isRenewed ? renewedWatch(former.watch, next) : next }
      former?.watch.stop()
      this.#draw()
    }

    #draw(): void {
      if (this.#watched === undefined) return
      const { options, watch } = this.#watched
      const known = watch.look()
      if (known === undefined) return
      const { sources } = options
      const view = boardView({
        ...known,
        sources,
        skewMs: clocks.skewMs(options),
        now: Date.now(),
      })
      this.#drawing.show(view)
    }
  }
}
