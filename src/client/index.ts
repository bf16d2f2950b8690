export type {
  ConnectionState,
  ConnectionStatus,
  ConnectOptions,
  Subscription,
  Transport,
  TroubleReason,
  Update,
} from './subscription.js'
