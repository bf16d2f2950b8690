import { createHash } from 'node:crypto'

/** Names the demo's runs: the namespace of their UUIDs, version 5. */
const RUN_ID_NAMESPACE = Buffer.from('6f1c1f0e5d0b4a3f9c57a1d2e4b86037', 'hex')

/**
 * What chance decides in the demo: the same seed always has the same answer, so that any span of
 * time can be told again, byte for byte.
 *
 * @returns a fraction, 0 or more and less than 1, evenly spread over seeds.
 */
export function chance(seed: string): number {
  return createHash('sha1').update(seed).digest().readUInt32BE(0) / 2 ** 32
}

/** A number from `least` up to `most`, the same for the same seed. */
export function between(least: number, most: number, seed: string): number {
  return least + chance(seed) * (most - least)
}

/** A whole number from `least` up to and including `most`, the same for the same seed. */
export function wholeBetween(least: number, most: number, seed: string): number {
  return Math.floor(between(least, most + 1, seed))
}

/** The id of a job's run at one tick: a UUID, version 5. */
export function demoRunId(jobName: string, tick: number): string {
  const name = `${jobName}/${tick}`
  const bytes = createHash('sha1').update(RUN_ID_NAMESPACE).update(name).digest().subarray(0, 16)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6) // version 5
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8) // the variant of RFC 9562
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
