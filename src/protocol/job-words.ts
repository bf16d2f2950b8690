import type { SourceStatus } from '../../protocol/index.js'

/** A job as people write it: `orders`, and `prod/orders` outside of the namespace `default`. */
export function jobWords({ namespace, name }: Pick<SourceStatus, 'namespace' | 'name'>): string {
  return namespace === 'default' ? name : `${namespace}/${name}`
}
