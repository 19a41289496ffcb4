// Reads a text file in the browser and tells what it says.
const MOST_BYTES = 2e6

export default function ({ data, parentElement, setTriggerValue }) {
  const field = parentElement.querySelector("input")
  const problem = parentElement.querySelector("p")
  parentElement.querySelector("span").textContent = data.label
  field.onclick = () => { field.value = "" } // or the same file, corrected, would be no change
  field.onchange = async () => {
    const [file] = field.files
    if (!file) return
    const tooLarge = file.size > MOST_BYTES
    problem.textContent = tooLarge ? "This file is larger than 2 MB. Divide it." : ""
    if (!tooLarge) setTriggerValue("text", await file.text())
  }
}
