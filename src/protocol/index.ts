export * from './close-codes.js'
export * from './frames.js'
export * from './limits.js'
export * from './snapshot.js'
