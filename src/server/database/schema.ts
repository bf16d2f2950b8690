/**
 * What Kysely knows of the tables: nothing. Every statement is written out in SQL, with the type of
 * its rows beside it; the migrations are the truth.
 */
export type Schema = Readonly<Record<string, never>>
