'use client'

export { EndpointError } from './endpoint.js'
export type { SocketStatus } from './socket-status.js'
export {
  type PipelineStatusOptions,
  type PipelineStatusView,
  usePipelineStatus,
} from './use-pipeline-status.js'
export { useWebSocket, type WebSocketOptions, type WebSocketView } from './use-web-socket.js'
