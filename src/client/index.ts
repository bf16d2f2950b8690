export { connect } from './connect.js'
export type {
  ConnectionState,
  ConnectionStatus,
  ConnectOptions,
  Socket,
  SocketConstructor,
  Subscription,
  Transport,
  TroubleReason,
  Update,
} from './subscription.js'
