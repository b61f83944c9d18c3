# What the command line says.

## Configuration
config-file-head = Configuration of a Corridor node. `corridor config` explains every key and shows the value in force.
# args: value
config-default = default: { $value }
# args: name
config-variable = environment: { $name }
# args: value, origin
config-in-force = in force: { $value } ({ $origin })
