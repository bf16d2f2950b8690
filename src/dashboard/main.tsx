import { render } from 'preact'

const root = document.getElementById('board')
if (root === null) throw new Error('index.html has no element with the id board')
render(<h1>Pipecast</h1>, root)
