FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# With what is optional: the binaries of the tool that builds the page are.
RUN npm ci
COPY tsconfig.base.json vite.config.ts vite.embed.config.ts ./
COPY scripts ./scripts
COPY src ./src
COPY migrations ./migrations
RUN npm run build && npm prune --omit=dev --omit=optional

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
USER node
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=3s --start-period=20s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 8000}/health`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# node itself, because npm does not pass signals on.
CMD ["node", "dist/src/server/main.js"]
