import type { SourceStatus } from './snapshot.js'

/**
 * A job as people write it: `orders`, and `prod/orders` outside of the namespace `default`. Keys, in
 * which parts of names are encoded, are for programs.
 */
export function jobWords({ namespace, name }: Pick<SourceStatus, 'namespace' | 'name'>): string {
  return namespace === 'default' ? name : `${namespace}/${name}`
}
