/** The database that every test database is a copy of: migrated, empty, closed to connections. */
export const TEMPLATE_DATABASE = 'pipecast_template'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Leads to the throw-away cluster as its superuser; test files take their own database. */
    postgresUrl: string
  }
}
