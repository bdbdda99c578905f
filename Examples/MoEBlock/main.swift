print("moe-block")
